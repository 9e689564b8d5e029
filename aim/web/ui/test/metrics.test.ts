import { describe, expect, it } from 'vitest'

import { digAnywhere } from '../src/pages/metricsModel'

describe('params of a run, as AimQL names them', () => {
  const params = { params: { lr: 0.1, optimizer: { name: 'sgd' } }, data: { name: 'digits' }, seed: 3 }

  it('are found with their set, without it, and where there is none', () => {
    expect(digAnywhere(params, 'params.lr')).toBe(0.1)
    expect(digAnywhere(params, 'lr')).toBe(0.1)
    expect(digAnywhere(params, 'optimizer.name')).toBe('sgd')
    expect(digAnywhere(params, 'name')).toBe('digits')
    expect(digAnywhere(params, 'seed')).toBe(3)
  })

  it('are undefined where they are not', () => {
    expect(digAnywhere(params, 'lr.x')).toBeUndefined()
    expect(digAnywhere({ a: null, b: [1], c: 'lr' }, 'lr')).toBeUndefined()
  })
})
