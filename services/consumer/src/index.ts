export { type ConsumerConfig, consumerConfig } from './config.ts';
export { type ConsumerServiceDeps, startConsumer } from './service.ts';
