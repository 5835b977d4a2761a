/*
 * Speaks on the bus of a daemon, beside it, as a process of it that lags
 * behind would: says again what was said, or by an old name.
 *
 *     bus say  RUN NUMBER UID SESSION EPOCH CSEQ ROUTE PAYLOAD
 *         A request with the id 9999 of the player to the owner of the desk.
 *         The numbers are added to the session he has, the desk's epoch, and
 *         the last cseq that the desk has of him.
 *     bus tell RUN NUMBER UID SEQ ORD ROUTE PAYLOAD
 *         A push of the desk to his gate; SEQ is added to the desk's.
 *
 * RUN is the folder run/ of the daemon, whose shared memory is in run/shared.
 */
#include <fcntl.h>
#include <msgpack.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/folders.h"
#include "game/desk/state.h"
#include "game/frames.h"
#include "game/mahjong/table.h"
#include "game/store/journal.h"
#include "game/store/shared.h"

enum { SIZE = 64 << 20, LENGTH = 4, MID = 9999 };

struct scene {
    uint32_t number;
    uint64_t uid;
    struct shared_desk desk;
    struct shared_session session;
    struct desk_state st;
};

static int
follow(void *arg, uint64_t seq, struct str row)
{
    static struct mahjong_events events;
    struct scene *scene = arg;
    struct journal_record record;
    struct desk_step step;

    scene->st.seq = seq - 1;
    return journal_decode(&record, row) != NULL ||
           desk_state_replay(&scene->st, &record, &step, &events) != NULL;
}

static int
look(struct scene *scene, const char *run)
{
    struct env env;
    struct log log;
    char path[4096];
    int rc;

    snprintf(path, sizeof(path), "%s/shared", run);
    log_init(&log, LOG_NOTICE);
    mahjong_tables_init();
    if (shared_open(&env, path, SIZE, &log) != 0)
        return -1;
    rc = shared_desk_get(&env, scene->number, &scene->desk) != 1 ||
         shared_session_get(&env, scene->uid, &scene->session) != 1 ||
         journal_walk(&env, scene->desk.uid, 0, follow, scene) != 0;
    env_close(&env);
    return rc ? -1 : 0;
}

static int
append(void *b, const char *data, size_t len)
{
    buf_append(b, data, len);
    return 0;
}

/* One frame, as from that process, to a slot. */
static int
send_frame(const char *run, struct place from, unsigned slot, unsigned type,
           uint64_t session, const struct buf *body)
{
    struct sockaddr_un sun = {.sun_family = AF_UNIX};
    struct buf out = {0};
    msgpack_packer pk;
    char path[4096];
    int dir, fd = socket(AF_UNIX, SOCK_STREAM, 0), rc;

    buf_append(&out, "\0\0\0\0", LENGTH);
    msgpack_packer_init(&pk, &out, append);
    msgpack_pack_array(&pk, 4);
    msgpack_pack_uint32(&pk, type);
    msgpack_pack_array(&pk, 3);
    msgpack_pack_uint16(&pk, from.node);
    msgpack_pack_uint16(&pk, from.slot);
    msgpack_pack_uint32(&pk, from.generation);
    msgpack_pack_uint64(&pk, session);
    buf_append(&out, body->data, body->len);
    for (int i = 0; i < LENGTH; i++)
        out.data[i] = (uint8_t) ((out.len - LENGTH) >> (24 - 8 * i));
    snprintf(path, sizeof(path), "%s/bus", run);
    dir = open(path, O_PATH | O_DIRECTORY);
    bus_socket_path(sun.sun_path, dir, slot);
    rc = connect(fd, (struct sockaddr *) &sun, sizeof(sun)) != 0 ||
         write(fd, out.data, out.len) != (ssize_t) out.len;
    close(fd);
    close(dir);
    buf_deinit(&out);
    return rc;
}

static struct str
text(char *arg)
{
    return (struct str){arg, strlen(arg)};
}

static int
say(const char *run, const struct scene *scene, char **arg)
{
    unsigned seat = desk_seat_of(&scene->st, scene->uid);
    struct bound_message m = {
        .session = scene->session.session_id + strtoull(arg[0], NULL, 10),
        .target = scene->desk.uid,
        .number = scene->number,
        .epoch = scene->desk.epoch + strtoull(arg[1], NULL, 10),
        .uid = scene->uid,
        .mid = MID,
        .wants = true,
        .route = text(arg[3]),
        .payload = text(arg[4]),
        .ip = STR("127.0.0.1")};
    struct buf body = {0};
    int rc;

    m.cseq = strtoull(arg[2], NULL, 10);
    if (seat < MAHJONG_SEATS)
        m.cseq += scene->st.seat[seat].cseq;
    bound_message_encode(&body, &m);
    rc = send_frame(run, scene->session.place, scene->desk.owner.slot,
                    FRAME_BOUND, m.session, &body);
    buf_deinit(&body);
    return rc;
}

static int
tell(const char *run, const struct scene *scene, char **arg)
{
    struct bound_item item = {.kind = ITEM_PUSH,
                              .target = scene->desk.uid,
                              .session = {scene->session.session_id},
                              .sessions = 1,
                              .seq = scene->st.seq +
                                     strtoull(arg[0], NULL, 10),
                              .ord = strtoull(arg[1], NULL, 10),
                              .route = text(arg[2]),
                              .payload = text(arg[3])};
    struct buf body = {0};
    int rc;

    bound_items_begin(&body);
    bound_item_put(&body, &item);
    bound_items_end(&body, 1);
    rc = send_frame(run, scene->desk.owner, scene->session.place.slot,
                    FRAME_ITEMS, 0, &body);
    buf_deinit(&body);
    return rc;
}

int
main(int argc, char **argv)
{
    static struct scene scene;

    if (argc < 9)
        return 2;
    scene.number = (uint32_t) strtoul(argv[3], NULL, 10);
    scene.uid = strtoull(argv[4], NULL, 10);
    if (look(&scene, argv[2]) != 0)
        return 1;
    if (strcmp(argv[1], "say") == 0 && argc == 10)
        return say(argv[2], &scene, argv + 5);
    if (strcmp(argv[1], "tell") == 0)
        return tell(argv[2], &scene, argv + 5);
    return 2;
}
