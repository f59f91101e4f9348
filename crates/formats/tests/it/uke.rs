//! レセプト電算処理 (UKE): claims of medical, DPC, dental, pharmacy and home nursing.
