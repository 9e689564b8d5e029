import type { RunRow } from '../../../base/api/types'
import type { ParamNames } from '../../../base/paramPath'
import { isField, isMeasured, NAME } from '../../../parts/fields/columnLayout'
import type { Column } from '../../../widgets/grid/Grid'
import css from '../../../widgets/pages.module.css'
import { GroupCell, groupCellText, GroupName } from '../GroupCells'
import { groupOf } from '../groups'

/** Room for mean, interval and of how many runs, CSS px. */
const METRIC_WIDTH = 200

/** A column whose rows are groups and the members of open ones. */
export function groupedColumn(
  { plain, tint: _, ...column }: Column<RunRow>,
  opened: ReadonlySet<string>,
  toggleGroup: (key: string) => void,
  names: ParamNames,
): Column<RunRow> {
  const isName = column.id === NAME
  const id = isField(column.id) ? column.id.slice(1) : column.id
  return {
    ...column,
    width: isMeasured(column.id) ? METRIC_WIDTH : column.width,
    render: (r, i) => {
      const group = groupOf(r)
      if (group && isName)
        return <GroupName group={group} names={names} open={opened.has(group.key)} onToggle={toggleGroup} />
      if (group) return <GroupCell group={group} column={id} />
      const cell = column.render ? column.render(r, i) : <span className="ellipsis">{plain?.(r)}</span>
      return isName ? <span className={css.member}>{cell}</span> : cell
    },
    text: (r) => {
      const group = groupOf(r)
      return group ? groupCellText(group, id, names) : (column.text?.(r) ?? plain?.(r) ?? '')
    },
  }
}
