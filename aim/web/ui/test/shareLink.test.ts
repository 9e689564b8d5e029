import { expect, test } from 'vitest'
import { linkForOthers } from '../src/base/storedViews'

const HERE = 'http://127.0.0.1:43800/runs?q=loss#top'

test('a link to a server of this machine alone says so', () => {
  const { link, note } = linkForOthers(HERE, { elsewhere: null, needs_token: true })
  expect(link).toBe(HERE)
  expect(note).toContain('this machine only')
})

test('where the server listens at all addresses, the link has the name of the machine, and never the token', () => {
  expect(linkForOthers(HERE, { elsewhere: 'http://box:43800/', needs_token: true })).toEqual({
    link: 'http://box:43800/runs?q=loss#top',
    note: ', with the name of this machine. Others are asked for the token',
  })
  expect(linkForOthers(HERE, { elsewhere: 'http://box:43800/', needs_token: false }).note).not.toContain('token')
})

test('a link that others opened stays as it is', () => {
  const far = 'https://aim.example.com/x/runs'
  expect(linkForOthers(far, { elsewhere: 'http://box:43800/x/', needs_token: false })).toEqual({ link: far, note: '' })
  expect(linkForOthers(far, null)).toEqual({ link: far, note: '' })
})
