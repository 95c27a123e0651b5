export { appserviceService } from './appservice.service-definition.js';
