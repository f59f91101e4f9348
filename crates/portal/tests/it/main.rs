//! Tests of the portal through its public rooms.

mod builder;
mod course;
#[cfg(test)]
mod desk;
#[cfg(test)]
mod errors;
#[cfg(test)]
mod first_screens;
#[cfg(test)]
mod house;
mod pages;
#[cfg(test)]
mod quality;
