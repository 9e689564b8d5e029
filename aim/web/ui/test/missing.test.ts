import { expect, it } from 'vitest'
import { METRICS_DEFAULT } from '../src/parts/curves/metricsAddress'
import { missingZooms, present } from '../src/parts/curves/missing'

const runs = {
  a: {
    name: 'a',
    experiment: 'e',
    status: 'finished' as const,
    created_at: 0,
    tags: [],
    params: { hparams: { lr: 1 } },
  },
}
const found = [
  {
    id: 'a/1',
    run: 'a',
    name: 'loss',
    context: { subset: 'val' },
    count: 1,
    first_step: 0,
    last_step: 1,
    last: 1,
    min: 1,
    max: 1,
    nan_count: 0,
    hidden_points: 0,
  },
]

it('leaves a view alone whose objects are all there', () => {
  const view = {
    ...METRICS_DEFAULT,
    colour: 'params.lr',
    dash: 'subset',
    facets: ['metric.name', 'context.subset'],
    yLog: ['loss'],
    focus: 'a',
  }
  expect(present(view, found, runs)).toEqual({ view, missing: [] })
})

it('names what is not there and goes on without it', () => {
  const view = {
    ...METRICS_DEFAULT,
    colour: 'params.nothing',
    dash: 'fold',
    facets: ['nowhere'],
    yLog: ['loss subset=train', 'loss'],
    focus: 'constructor',
  }
  expect(present(view, found, runs)).toEqual({
    view: { ...METRICS_DEFAULT, yLog: ['loss'] },
    missing: [
      'colour by params.nothing',
      'dash by fold',
      'charts by nowhere',
      'log axis of loss subset=train',
      'pinned run constructor',
    ],
  })
  expect(
    missingZooms(
      { ...METRICS_DEFAULT, xRanges: { loss: [0, 1], gone: [0, 1] }, yRanges: { gone: [0, 1] } },
      new Set(['loss']),
    ),
  ).toEqual(['zoom of gone'])
})
