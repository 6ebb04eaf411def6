/** Sums for Prometheus. */
import { METRICS_TYPE, type Metrics } from '../metrics.ts';
import { NO_QUERY } from '../queries.ts';
import { done, type Route, route } from '../route.ts';

export function metricsRoute(metrics: Pick<Metrics, 'text'>): Route {
  return route({
    method: 'GET',
    url: '/metrics',
    right: 'metrics',
    summary: 'Metrics in the text format of Prometheus; counters begin with the API process',
    query: NO_QUERY,
    body: null,
    good: { kind: 'text', status: 200, mediaType: METRICS_TYPE },
    problems: [],
    handle: async () => done(await metrics.text()),
  });
}
