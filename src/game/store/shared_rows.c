#include "game/store/shared_rows.h"

const char *const shared_tables[SHARED_TABLES + 1] = {
    [SHARED_SLOTS] = "slots",         [SHARED_SESSIONS] = "sessions",
    [SHARED_SEATS] = "seats",         [SHARED_DESKS] = "desks",
    [SHARED_JOURNAL] = "journal",     [SHARED_ASIDE] = "aside",
    [SHARED_DISCARDED] = "discarded",
};

static const struct row_field slot_fields[] = {
    ROW_FIELD(struct shared_slot, generation),
    ROW_FIELD(struct shared_slot, pid),
    ROW_FIELD(struct shared_slot, state),
};
const struct row_type shared_slot_row = ROW_TYPE("slot", slot_fields);

static const struct row_field session_fields[] = {
    ROW_FIELD(struct shared_session, place.node),
    ROW_FIELD(struct shared_session, place.slot),
    ROW_FIELD(struct shared_session, place.generation),
    ROW_FIELD(struct shared_session, session_id),
    ROW_ARRAY(struct shared_session, kicks),
    ROW_FIELD(struct shared_session, denied_until),
};
const struct row_type shared_session_row = ROW_TYPE("session", session_fields);

static const struct row_field seat_fields[] = {
    ROW_FIELD(struct shared_seat, number),
    ROW_FIELD(struct shared_seat, desk_uid),
};
const struct row_type shared_seat_row = ROW_TYPE("seat", seat_fields);

static const struct row_field desk_fields[] = {
    ROW_FIELD(struct shared_desk, owner.node),
    ROW_FIELD(struct shared_desk, owner.slot),
    ROW_FIELD(struct shared_desk, owner.generation),
    ROW_FIELD(struct shared_desk, epoch),
    ROW_FIELD(struct shared_desk, uid),
    ROW_FIELD(struct shared_desk, creator),
    ROW_FIELD(struct shared_desk, club),
    ROW_FIELD(struct shared_desk, created_at),
    ROW_FIELD(struct shared_desk, mode),
    ROW_FIELD(struct shared_desk, rounds),
    ROW_FIELD(struct shared_desk, max_fan),
    ROW_FIELD(struct shared_desk, status),
    ROW_FIELD(struct shared_desk, round),
    ROW_FIELD(struct shared_desk, flags),
    ROW_ARRAY(struct shared_desk, seats),
};
const struct row_type shared_desk_row = ROW_TYPE("desk", desk_fields);
