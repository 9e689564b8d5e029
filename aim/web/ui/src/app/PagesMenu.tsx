// The pages and the settings in a menu of the header, where the window is too narrow for the rail.

import { Menu } from 'lucide-react'
import { Button } from '../widgets/basics'
import { MenuItem, MenuLine, MenuTitle, Popover } from '../widgets/Popover'
import { keyParts } from '../base/keys'
import { navigate, usePlace } from '../base/route'
import { ACTIONS, applies, isCurrent, linkTo, MENU_PAGES } from './registry'
import { SettingsItems } from './SettingsMenu'
import css from '../widgets/shell.module.css'

export function PagesMenu() {
  const { path } = usePlace()
  return (
    <span className={css.pagesMenu}>
      <Popover
        label="Pages and settings"
        menu
        trigger={(p) => (
          <Button icon aria-label="Menu" {...p}>
            <Menu size={16} strokeWidth={1.5} />
          </Button>
        )}
      >
        {(close) => (
          <>
            {MENU_PAGES.map((page) => {
              const Icon = page.menu.icon
              return (
                <MenuItem
                  key={page.name}
                  checked={isCurrent(page, path)}
                  hint={page.menu.keys}
                  onSelect={() => {
                    close()
                    navigate(linkTo(page))
                  }}
                >
                  <Icon size={16} strokeWidth={1.5} /> {page.title}
                </MenuItem>
              )
            })}
            <MenuLine />
            {ACTIONS.map(
              (action) =>
                action.menuLabel &&
                applies(action) && (
                  <MenuItem
                    key={action.name}
                    hint={action.keys && keyParts(action.keys).join(' ')}
                    onSelect={() => {
                      close()
                      action.perform()
                    }}
                  >
                    {action.menuLabel()}
                  </MenuItem>
                ),
            )}
            <MenuLine />
            <MenuTitle>Settings</MenuTitle>
            <SettingsItems />
          </>
        )}
      </Popover>
    </span>
  )
}
