//! Every file of a region is read by the reader of its format.
