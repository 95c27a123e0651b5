import { runMain, startService } from '@ganglion/service';
import { roomsService } from './rooms.service-definition.js';

await runMain('rooms', (overrides) => startService(roomsService, overrides));
