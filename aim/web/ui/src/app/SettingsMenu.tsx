import { MenuItem, MenuLine, MenuTitle, Popover } from '../widgets/Popover'
import { useSettings, type Density, type Theme } from '../base/stores'

const THEMES: readonly Theme[] = ['system', 'light', 'dark']
const DENSITIES: readonly Density[] = ['compact', 'regular']

export function SettingsItems() {
  const s = useSettings()
  return (
    <>
      <MenuTitle>Theme</MenuTitle>
      {THEMES.map((t) => (
        <MenuItem key={t} checked={s.theme === t} onSelect={() => s.set({ theme: t })}>
          {t === 'system' ? 'System' : t === 'light' ? 'Light' : 'Dark'}
        </MenuItem>
      ))}
      <MenuLine />
      <MenuTitle>Rows</MenuTitle>
      {DENSITIES.map((d) => (
        <MenuItem key={d} checked={s.density === d} onSelect={() => s.set({ density: d })}>
          {d === 'compact' ? 'Compact' : 'Regular'}
        </MenuItem>
      ))}
      <MenuLine />
      <MenuTitle>Keys</MenuTitle>
      <MenuItem checked={s.keys} onSelect={() => s.set({ keys: true })}>
        On
      </MenuItem>
      <MenuItem checked={!s.keys} hint="except Esc" onSelect={() => s.set({ keys: false })}>
        Off
      </MenuItem>
    </>
  )
}

export function SettingsMenu({ trigger }: { trigger: Parameters<typeof Popover>[0]['trigger'] }) {
  return (
    <Popover label="Settings" menu trigger={trigger}>
      {() => <SettingsItems />}
    </Popover>
  )
}
