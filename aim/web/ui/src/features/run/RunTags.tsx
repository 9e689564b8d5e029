import { useState } from 'react'
import { Button, TagList } from '../../widgets/basics'
import { MenuItem, Popover } from '../../widgets/Popover'
import ui from '../../widgets/ui.module.css'

export function RunTags({
  tags,
  readOnly,
  onAdd,
  onRemove,
}: {
  tags: readonly string[]
  readOnly: boolean
  onAdd: (t: string) => void
  onRemove: (t: string) => void
}) {
  const [text, setText] = useState('')
  return (
    <span style={{ display: 'inline-flex', gap: 4, alignItems: 'center', flexWrap: 'wrap' }}>
      <TagList tags={tags} whole />
      {!readOnly && (
        <Popover
          label="Tags"
          trigger={(p) => (
            <Button small quiet {...p}>
              {tags.length > 0 ? 'Edit tags' : 'Add a tag'}
            </Button>
          )}
        >
          {(close) => (
            <form
              onSubmit={(e) => {
                e.preventDefault()
                if (text.trim()) onAdd(text.trim())
                setText('')
                close()
              }}
            >
              <input
                className={ui.input}
                placeholder="New tag"
                aria-label="New tag"
                value={text}
                onChange={(e) => setText(e.target.value)}
              />
              {tags.length > 0 && (
                <div style={{ marginTop: 4 }}>
                  {tags.slice(0, 200).map((t) => (
                    <MenuItem
                      key={t}
                      hint="remove"
                      onSelect={() => {
                        onRemove(t)
                        close()
                      }}
                    >
                      {t}
                    </MenuItem>
                  ))}
                </div>
              )}
            </form>
          )}
        </Popover>
      )}
    </span>
  )
}
