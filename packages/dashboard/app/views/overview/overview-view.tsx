import { ViewHeader } from '../../ui/view-header.tsx';
import { AuditCard } from '../shared/audit-card.tsx';
import { ConsumersCard } from '../shared/consumers-card.tsx';
import { HealthCard } from '../shared/health-card.tsx';
import { Attention } from './attention.tsx';
import { BacklogCard } from './backlog-card.tsx';
import { Equation } from './equation.tsx';
import { ThroughputCard } from './throughput-card.tsx';
import { TopicsCard } from './topics-card.tsx';

/** What flows, what was dropped, what lags and what is stuck. */
export function OverviewView() {
  return (
    <div class="page">
      <ViewHeader title="Overview" stacked>
        <Attention />
      </ViewHeader>
      <Equation />
      <div class="grid wide-narrow">
        <ThroughputCard />
        <BacklogCard />
      </div>
      <div class="grid halves">
        <TopicsCard />
        <ConsumersCard />
      </div>
      <div class="grid halves">
        <AuditCard />
        <HealthCard />
      </div>
    </div>
  );
}
