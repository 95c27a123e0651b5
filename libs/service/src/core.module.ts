import type { Provider } from '@nestjs/common';
import { Global, Module, type DynamicModule } from '@nestjs/common';
import { Commands } from './commands.js';
import { HealthController } from './health.controller.js';
import { SeenInterceptor } from './seen.interceptor.js';

/** What the chassis made before Nest started, for injection everywhere. */
@Global()
@Module({})
export class CoreModule {
  static with(providers: Provider[]): DynamicModule {
    const all = [...providers, Commands, SeenInterceptor];
    return { module: CoreModule, providers: all, exports: all, controllers: [HealthController] };
  }
}
