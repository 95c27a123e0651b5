import { Module } from '@nestjs/common';
import { ParkedWatch } from './parked-watch.service.js';
import { ProjectionJobs } from './projection-jobs.js';
import { ProjectionsController } from './projections.controller.js';
import { Projections } from './projections.service.js';

/** Part of every service that has a database. */
@Module({ controllers: [ProjectionsController], providers: [ParkedWatch, ProjectionJobs, Projections] })
export class ProjectionAdminModule {}
