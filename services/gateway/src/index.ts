export { type AppConfig, type AppDeps, createApp } from './app.ts';
export { type GatewayConfig, gatewayConfig } from './config.ts';
export { type GatewayServiceDeps, startGateway } from './service.ts';
