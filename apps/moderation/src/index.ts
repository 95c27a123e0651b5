export { moderationService } from './moderation.service-definition.js';
