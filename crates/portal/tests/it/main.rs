//! Tests of the portal through its public rooms.

mod builder;
mod course;
mod desk;
mod house;
mod pages;
