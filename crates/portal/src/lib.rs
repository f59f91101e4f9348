//! Pages for people: login, reception, patient view, operator; and the gateway's door.
