export { accountingService } from './accounting.service-definition.js';
