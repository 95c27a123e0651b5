export { authService } from './auth.service-definition.js';
