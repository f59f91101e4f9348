//! Pages for people: login, reception, patient view, operator; and the gateway's door.
//!
//! Every page is a typed context and a function from it to HTML (`pages`); a person's course is put together
//! from chart rows by `course` and drawn by `chart`. Pages read and work without scripts; scripts and styles
//! come from `assets` under `default-src 'self'`.

pub mod assets;
pub mod banner;
pub mod chart;
pub mod course;
pub mod gallery;
mod gateway_door;
pub mod page;
pub mod pages;
mod routes;
mod secure;
mod server;
pub mod text;
pub mod when;

pub use secure::serve_gateways;
pub use server::{Portal, router, serve};
