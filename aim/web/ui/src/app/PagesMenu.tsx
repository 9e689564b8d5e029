// The pages of the app: on the rail, and under 1 024 px in a menu of the header.

import { ChartLine, House, Menu, Table2 } from 'lucide-react'
import type { ComponentType } from 'react'
import { Button } from '../widgets/basics'
import { MenuItem, MenuLine, MenuTitle, Popover } from '../widgets/Popover'
import { useFrame } from '../base/frame'
import { useLive } from '../base/live/live'
import { navigate, usePlace } from '../base/route'
import { SettingsItems } from './SettingsMenu'
import css from '../widgets/shell.module.css'

interface IconProps {
  size?: number
  strokeWidth?: number
}

export const PAGES: readonly {
  to: string
  label: string
  keys: string
  icon: ComponentType<IconProps>
  is: (path: string) => boolean
}[] = [
  { to: '/', label: 'Home', keys: 'g h', icon: House, is: (p) => p === '/' },
  { to: '/runs', label: 'Runs', keys: 'g r', icon: Table2, is: (p) => p.startsWith('/runs') },
  { to: '/metrics', label: 'Metrics', keys: 'g m', icon: ChartLine, is: (p) => p.startsWith('/metrics') },
]

export function PagesMenu() {
  const { path } = usePlace()
  const { state, toggle } = useLive()
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
            {PAGES.map(({ to, label, keys, icon: Icon, is }) => (
              <MenuItem
                key={to}
                checked={is(path)}
                hint={keys}
                onSelect={() => {
                  close()
                  navigate(to)
                }}
              >
                <Icon size={16} strokeWidth={1.5} /> {label}
              </MenuItem>
            ))}
            <MenuLine />
            <MenuItem
              hint="Ctrl K"
              onSelect={() => {
                close()
                useFrame.setState({ palette: true })
              }}
            >
              Find
            </MenuItem>
            <MenuItem
              hint="."
              onSelect={() => {
                close()
                toggle()
              }}
            >
              {state === 'paused' ? 'Resume live' : 'Pause live'}
            </MenuItem>
            <MenuItem
              hint="?"
              onSelect={() => {
                close()
                useFrame.setState({ help: true })
              }}
            >
              Keys
            </MenuItem>
            <MenuLine />
            <MenuTitle>Settings</MenuTitle>
            <SettingsItems />
          </>
        )}
      </Popover>
    </span>
  )
}
