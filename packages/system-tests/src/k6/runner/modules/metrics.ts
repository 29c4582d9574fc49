import type { MetricType } from '../messages.ts';
import { mustRun, state } from './state.ts';

// module `k6/metrics`

const NAME = /^[a-zA-Z_][a-zA-Z0-9_]{1,128}$/;

class Metric {
  readonly name: string;

  protected constructor(name: string, type: MetricType) {
    if (state.phase !== 'init') throw new Error('metrics must be declared in the init context');
    if (!NAME.test(name)) throw new Error(`Invalid metric name: '${name}'`);
    this.name = name;
    state.report({ kind: 'metric', name, type });
  }

  add(value: number | boolean, tags: Readonly<Record<string, string>> = {}): void {
    mustRun('metric.add');
    const number = Number(value);
    if (!Number.isFinite(number))
      throw new Error(`'${String(value)}' is an invalid value for metric '${this.name}'`);
    state.samples.push({ metric: this.name, value: number, tags });
  }
}

export class Counter extends Metric {
  constructor(name: string) {
    super(name, 'counter');
  }
}

export class Gauge extends Metric {
  constructor(name: string) {
    super(name, 'gauge');
  }
}

export class Rate extends Metric {
  constructor(name: string) {
    super(name, 'rate');
  }
}

export class Trend extends Metric {
  constructor(name: string, _isTime = false) {
    super(name, 'trend');
  }
}
