// The head of a run's page: its name, what can be done with it, and what is known of it at a glance.

import { Archive, ArchiveRestore, ChevronDown, ChevronUp, Copy, Trash2, TriangleAlert } from 'lucide-react'
import type { RunDetail } from '../../base/api/types'
import { formatDuration } from '../../base/format'
import type { neighbours } from '../../base/runList'
import { copyText } from '../../base/stores'
import { bulk, edit } from '../../parts/edits/runActions'
import { RunColour } from '../../parts/facts/RunColour'
import { ProgressBar, ProgressText } from '../../parts/facts/RunProgress'
import { Button, Link, StatusPill } from '../../widgets/basics'
import { LiveChip, PageHeader } from '../../widgets/PageHeader'
import css from '../../widgets/pages.module.css'
import ui from '../../widgets/ui.module.css'
import { Ago, Many } from '../../widgets/values'
import { EditableName } from './EditableName'
import { lossText } from './runLoss'
import { RunTags } from './RunTags'

export interface ShownRun {
  /** With the changes that are on their way to the server. */
  readonly run: RunDetail
  /** As the server has it. */
  readonly stored: RunDetail
  readonly readOnly: boolean
}

/** Of a change, in words: `Name of brisk-otter`. */
export function about(run: RunDetail, what: string) {
  return { hash: run.hash, what: `${what} of ${nameOf(run)}` }
}

const nameOf = (run: RunDetail) => run.name || run.hash.slice(0, 8)

interface HeaderProps extends ShownRun {
  readonly beside: ReturnType<typeof neighbours>
  readonly onStep: (to: string | null) => void
  readonly refetch: () => void
}

export function RunHeader({ run, stored, readOnly, beside, onStep, refetch }: HeaderProps) {
  const lost = lossText(run.loss)
  return (
    <PageHeader
      title={
        <>
          <RunColour run={run} />
          <EditableName
            name={nameOf(run)}
            run={stored}
            readOnly={readOnly}
            onSave={(name, base) =>
              void edit({
                ...about(run, 'Name'),
                field: 'name',
                edit: { name, base_version: base.version },
                before: base.name,
              })
            }
          />
        </>
      }
      actions={
        <>
          <Steps beside={beside} onStep={onStep} />
          <Button icon aria-label="Copy id" title="Copy id" onClick={() => void copyText(run.hash, 'Id copied')}>
            <Copy size={14} strokeWidth={1.5} />
          </Button>
          {!readOnly && <EditButtons run={run} refetch={refetch} />}
        </>
      }
    >
      <StatusPill status={run.status} />
      {run.progress && (
        <span className={css.progress}>
          <ProgressBar progress={run.progress} />
          <ProgressText progress={run.progress} isRunning={run.status === 'running'} />
        </span>
      )}
      {lost && (
        <span className={ui.note} style={{ color: 'var(--warn)' }}>
          <TriangleAlert size={14} strokeWidth={1.5} />
          {lost}
        </span>
      )}
      {(run.status === 'running' || run.status === 'stalled') && <LiveChip />}
    </PageHeader>
  )
}

function Steps({ beside, onStep: step }: Pick<HeaderProps, 'beside' | 'onStep'>) {
  if (beside.at < 0) return null
  return (
    <span className={css.steps} role="group" aria-label="The list this run was opened from">
      <span className="muted wide-only">
        <Many n={beside.at + 1} /> of <Many n={beside.of} />
      </span>
      <Button
        icon
        aria-label="Previous run"
        title="Previous run of the list (k)"
        disabled={beside.previous === null}
        onClick={() => step(beside.previous)}
      >
        <ChevronUp size={14} strokeWidth={1.5} />
      </Button>
      <Button
        icon
        aria-label="Next run"
        title="Next run of the list (j)"
        disabled={beside.next === null}
        onClick={() => step(beside.next)}
      >
        <ChevronDown size={14} strokeWidth={1.5} />
      </Button>
    </span>
  )
}

function EditButtons({ run, refetch }: { run: RunDetail; refetch: () => void }) {
  const archive = run.archived ? 'Restore from the archive' : 'Archive'
  const ArchiveIcon = run.archived ? ArchiveRestore : Archive
  return (
    <>
      <Button
        icon
        aria-label={archive}
        title={archive}
        onClick={() => void bulk([run.hash], run.archived ? 'unarchive' : 'archive', refetch)}
      >
        <ArchiveIcon size={14} strokeWidth={1.5} />
      </Button>
      {!run.in_place && (
        <Button icon aria-label="Delete" title="Delete" onClick={() => void bulk([run.hash], 'delete', refetch)}>
          <Trash2 size={14} strokeWidth={1.5} />
        </Button>
      )}
    </>
  )
}

export function ArchivedNote({ run, readOnly, refetch }: Pick<HeaderProps, 'run' | 'readOnly' | 'refetch'>) {
  if (!run.archived) return null
  return (
    <div className={css.notice} role="status">
      <b>This run is archived</b> · lists and queries leave it out unless they ask for it
      {!readOnly && (
        <Button small onClick={() => void bulk([run.hash], 'unarchive', refetch)}>
          Restore
        </Button>
      )}
    </div>
  )
}

/** The line of facts below the header. */
export function RunFacts({ run, readOnly }: Pick<HeaderProps, 'run' | 'readOnly'>) {
  const ofExperiment = `run.experiment == ${JSON.stringify(run.experiment)}`
  return (
    <div className={css.sub}>
      <span>
        Experiment <Link to={`/runs?q=${encodeURIComponent(ofExperiment)}`}>{run.experiment}</Link>
      </span>
      <Ago at={run.created_at} before="Created " />
      <span>
        Duration <span className="num">{formatDuration(run.duration)}</span>
      </span>
      {run.environment.host !== undefined && <span>Host {String(run.environment.host)}</span>}
      <RunTags
        tags={run.tags}
        readOnly={readOnly}
        onAdd={(t) => void edit({ ...about(run, 'Tags'), field: 'tags', edit: { add_tags: [t] } })}
        onRemove={(t) => void edit({ ...about(run, 'Tags'), field: 'tags', edit: { remove_tags: [t] } })}
      />
      <span className={`mono muted ${css.atEnd}`}>{run.hash.slice(0, 12)}</span>
    </div>
  )
}
