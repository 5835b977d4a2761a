/*
 * The record of a round as clients and other programs know it: JSON text
 *
 *     {"enter":{},"basicInfo":{},"duanPai":{},"end":{},"do":[{}],
 *      "gangScoreChanges":[{}],"huScoreChanges":[{}]}
 *
 * whose parts are what onPlayerEnter, onDeskBasicInfo, onDuanPai, onRoundEnd,
 * onOpTypeDo, onGangScoreChange and onHuScoreChange say to one who sees all
 * tiles; draws are in "do" with optype 500.  It is made of the history that
 * the store keeps, by whoever reads it.
 */
#ifndef GAME_DESK_SNAPSHOT_H
#define GAME_DESK_SNAPSHOT_H

#include "core/buf.h"
#include "game/store/records.h"

struct arena;
struct store_history;

/*
 * Appends the snapshot of a round of that desk.  Returns NULL, or what is
 * wrong with the history; then nothing is appended.
 */
const char *desk_snapshot(struct buf *out, struct arena *arena,
                          const struct store_desk_record *desk,
                          const struct store_history *history);

#endif
