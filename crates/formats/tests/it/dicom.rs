//! DICOM objects: the header; the image is kept.
