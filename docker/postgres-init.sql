-- One database per service; runs once, when the volume is new.
create database ganglion_auth;
create database ganglion_moderation;
create database ganglion_rooms;
create database ganglion_appservice;
create database ganglion_accounting;
