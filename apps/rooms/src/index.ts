export { roomsService } from './rooms.service-definition.js';
