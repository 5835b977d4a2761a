/*
 * Desks and the version of the rules that they are played by.
 *
 * t/captures/journal-rules-1.hex is the journal of a desk, one record a line,
 * as the daemon wrote it when there was version 1 only: a round with a 转雨 of
 * which a winner had paid the kong and with a tile that two won on, a
 * checkpoint, a round and a checkpoint more, and the third round up to another
 * such tile.
 */
#include <stdio.h>

#include "core/buf.h"
#include "game/desk/state.h"
#include "game/mahjong/table.h"
#include "game/store/journal.h"
#include "tap.h"

enum { ROWS = 256, ROW_BYTES = 256 };

struct row {
    size_t len;
    uint8_t data[ROW_BYTES];
};

static struct row rows[ROWS];
static unsigned n_rows;

static struct desk_state st, twin;
static struct mahjong_events events;

static int
digit(int c)
{
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

static void
load_rows(void)
{
    FILE *file = fopen("t/captures/journal-rules-1.hex", "r");
    char line[2 * ROW_BYTES + 2];

    while (file != NULL && n_rows < ROWS &&
           fgets(line, sizeof(line), file) != NULL) {
        struct row *row = &rows[n_rows++];

        for (const char *c = line; c[0] > '\n' && c[1] > '\n'; c += 2)
            row->data[row->len++] = (uint8_t) (digit(c[0]) << 4 | digit(c[1]));
    }
    if (file != NULL)
        fclose(file);
    ok(n_rows > 60, "%u records", n_rows);
}

static struct str
row_str(const struct row *row)
{
    return (struct str){(const char *) row->data, row->len};
}

/* Encodes what the live desk has just done, as the daemon does. */
static void
write_record(struct buf *out, const struct desk_step *step)
{
    struct buf data = {0};
    struct journal_record record = {.rules = st.rules.version,
                                    .kind = step->kind,
                                    .seat = step->seat,
                                    .time_ms = step->time_ms,
                                    .session = step->session,
                                    .cseq = step->cseq,
                                    .hash = desk_state_hash(&st)};

    desk_step_encode(&data, step, &st);
    record.data = buf_str(&data);
    out->len = 0;
    journal_encode(out, &record);
    buf_deinit(&data);
}

/* NULL, or what is wrong with the record. */
static const char *
replay(struct desk_state *desk, struct str row, struct desk_step *step)
{
    struct journal_record record;
    const char *why = journal_decode(&record, row);

    return why != NULL ? why : desk_state_replay(desk, &record, step, &events);
}

static bool
scores_are(int a, int b, int c, int d)
{
    const struct mahjong_seat *seat = st.rules.seat;

    return seat[0].score == a && seat[1].score == b && seat[2].score == c &&
           seat[3].score == d;
}

static unsigned
lost(unsigned seat)
{
    return st.rules.seat[seat].stats.lost + st.rules.seat[seat].lost;
}

/* Each record leads to the hash that the former daemon wrote into it. */
static void
test_old_journal(void)
{
    struct desk_step step;
    const char *why = NULL;
    unsigned i = 0;

    memset(&st, 0, sizeof(st));
    for (; i < n_rows && why == NULL; i++)
        why = replay(&st, row_str(&rows[i]), &step);
    ok(why == NULL, "record %u of an old journal %s", i,
       why ? why : "is good");
    is_int(st.rules.version, MAHJONG_VERSION_1, "the desk is of version 1");
    is_int(st.rules.round, 3, "two rounds are over");
    ok(scores_are(1003, 992, 1003, 1002), "with the points of version 1");
    is_int(lost(1), 5, "three tiles that two won on, two that one won on");
}

/*
 * A desk that came back from its first `loaded` records goes on as under the
 * former daemon: the same steps make the same records, checkpoints too.
 */
static void
test_goes_on(unsigned loaded)
{
    struct buf out = {0};
    unsigned same = 0;

    memset(&st, 0, sizeof(st));
    memset(&twin, 0, sizeof(twin));
    for (unsigned i = 0; i < n_rows; i++) {
        struct desk_step step;

        replay(&twin, row_str(&rows[i]), &step);
        if (i < loaded) {
            st = twin;
            same++;
            continue;
        }
        if (desk_state_apply(&st, &step, &events) != MAHJONG_OK)
            break;
        write_record(&out, &step);
        same += str_equal(buf_str(&out), row_str(&rows[i]));
    }
    is_int(same, n_rows, "loaded from %u records: all others are the same",
           loaded);
    buf_deinit(&out);
}

/*
 * The same play at a desk that is made now; its twin is made of its records.
 */
static void
test_new_desk(void)
{
    struct desk_state old = {0};
    struct buf out = {0};
    bool good = true;

    memset(&st, 0, sizeof(st));
    memset(&twin, 0, sizeof(twin));
    for (unsigned i = 0; i < n_rows && good; i++) {
        struct journal_record record;
        struct desk_step step;
        const char *why = replay(&old, row_str(&rows[i]), &step);

        step.action.version = MAHJONG_VERSION;
        step.price = i == 0 ? 8 : 0;
        good = why == NULL &&
               desk_state_apply(&st, &step, &events) == MAHJONG_OK;
        write_record(&out, &step);
        good = good && journal_decode(&record, buf_str(&out)) == NULL &&
               record.rules == MAHJONG_VERSION_2 &&
               replay(&twin, buf_str(&out), &step) == NULL;
        ok(good, "record %u of version 2 makes the same desk", i + 1);
    }
    ok(scores_are(1001, 992, 1005, 1002), "with the points of version 2");
    is_int(old.price, 0, "a desk of a former daemon has no price");
    is_int(twin.price, 8, "a price is kept, over checkpoints too");
    is_int(lost(1), 8, "each win counts");
    buf_deinit(&out);
}

/* A record with another version of the rules. */
static struct str
changed(struct buf *out, const struct row *row, uint32_t rules)
{
    struct journal_record record;

    out->len = 0;
    journal_decode(&record, row_str(row));
    record.rules = rules;
    journal_encode(out, &record);
    return buf_str(out);
}

static bool
is_checkpoint(const struct row *row)
{
    struct journal_record record;

    return journal_decode(&record, row_str(row)) == NULL &&
           record.kind == DESK_CHECKPOINT;
}

static void
test_mixed(void)
{
    static const uint32_t others[] = {0, MAHJONG_VERSION + 1, UINT32_MAX};
    struct buf out = {0};
    struct desk_step step;
    unsigned checkpoint = 0, i;

    for (i = 0; i < 3; i++)
        is_str(replay(&st, changed(&out, &rows[0], others[i]), &step),
               "is of another version", "version %u", others[i]);
    memset(&st, 0, sizeof(st));
    is_str(replay(&st, changed(&out, &rows[0], MAHJONG_VERSION_2), &step),
           "leads to another desk", "the version is in the hash");
    while (checkpoint < n_rows && !is_checkpoint(&rows[checkpoint]))
        checkpoint++;
    memset(&st, 0, sizeof(st));
    for (i = 0; i < checkpoint; i++)
        replay(&st, row_str(&rows[i]), &step);
    twin = st;
    is_str(replay(&st, changed(&out, &rows[checkpoint], 2), &step),
           "is of another version than the desk", "a checkpoint");
    ok(memcmp(&st, &twin, sizeof(st)) == 0, "it changes nothing");
    ok(replay(&st, row_str(&rows[checkpoint]), &step) == NULL,
       "the desk's own checkpoint");
    is_str(replay(&st, changed(&out, &rows[checkpoint + 1], 2), &step),
           "is of another version than the desk", "a record after it");
    buf_deinit(&out);
}

/* A journal may begin with a checkpoint. */
static void
test_begins_with_checkpoint(void)
{
    struct desk_step step;
    const char *why = NULL;
    unsigned i = 0;

    memset(&st, 0, sizeof(st));
    while (i < n_rows && !is_checkpoint(&rows[i]))
        i++;
    st.seq = i;
    for (; i < n_rows && why == NULL; i++)
        why = replay(&st, row_str(&rows[i]), &step);
    ok(why == NULL, "from a checkpoint on: record %u %s", i,
       why ? why : "is good");
    is_int(st.rules.version, MAHJONG_VERSION_1, "that tells the version");
    is_int(lost(1), 5, "and what was lost");
}

int
main(void)
{
    mahjong_tables_init();
    load_rows();
    test_old_journal();
    for (unsigned loaded = 0; loaded < n_rows; loaded += 11)
        test_goes_on(loaded);
    test_new_desk();
    test_mixed();
    test_begins_with_checkpoint();
    return tap_done();
}
