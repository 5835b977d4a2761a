/*
 * Checkpoints: what a round inherits, so that a journal need not begin with
 * the desk's first day.
 */
#include "game/mahjong/inner.h"

int
mahjong_checkpoint(const struct mahjong_desk *desk,
                   struct mahjong_action *action)
{
    struct mahjong_checkpoint *checkpoint = &action->checkpoint;

    if (desk->seats == 0 ||
        (desk->status != MAHJONG_CREATED && desk->status != MAHJONG_CLEANED))
        return -1;
    memset(action, 0, sizeof(*action));
    action->type = MAHJONG_CHECKPOINT;
    action->version = desk->version;
    checkpoint->times = desk->times;
    checkpoint->options = desk->options;
    checkpoint->rounds = desk->rounds;
    checkpoint->round = desk->round;
    checkpoint->banker = desk->banker;
    checkpoint->seated = desk->seated;
    checkpoint->ready = desk->ready;
    checkpoint->offline = desk->offline;
    checkpoint->trustee = desk->trustee;
    checkpoint->voting = desk->voting;
    checkpoint->vote_by = desk->vote_by;
    checkpoint->agreed = desk->agreed;
    checkpoint->consent = desk->consent;
    checkpoint->vote_deadline_ms = desk->vote_deadline_ms;
    for (unsigned i = 0; i < desk->seated; i++) {
        checkpoint->uid[i] = desk->seat[i].uid;
        checkpoint->score[i] = desk->seat[i].score;
        checkpoint->stats[i] = desk->seat[i].stats;
    }
    return 0;
}

/* Players: each once, with points that add up, with counts that can be. */
static bool
are_players(const struct mahjong_checkpoint *checkpoint)
{
    const struct mahjong_stats none = {0};
    int64_t sum = 0;

    for (unsigned i = 0; i < checkpoint->seated; i++) {
        const struct mahjong_stats *stats = &checkpoint->stats[i];

        if (checkpoint->uid[i] <= 0)
            return false;
        for (unsigned k = 0; k < i; k++) {
            if (checkpoint->uid[k] == checkpoint->uid[i])
                return false;
        }
        if (checkpoint->round == 0 && memcmp(stats, &none, sizeof(none)) != 0)
            return false;
        if (stats->won > checkpoint->round || stats->self_drawn > stats->won ||
            stats->lost > 3 * checkpoint->round ||
            stats->concealed_kongs > MAHJONG_MELDS * checkpoint->round ||
            stats->open_kongs > MAHJONG_MELDS * checkpoint->round)
            return false;
        if (checkpoint->round == 0 &&
            checkpoint->score[i] != MAHJONG_START_SCORE)
            return false;
        /* No round moves more than a few capped wins. */
        if (checkpoint->score[i] > (1 << 24) ||
            checkpoint->score[i] < -(1 << 24))
            return false;
        sum += checkpoint->score[i];
    }
    return sum == (int64_t) MAHJONG_START_SCORE * checkpoint->seated;
}

static bool
is_vote(const struct mahjong_checkpoint *checkpoint)
{
    unsigned agreed = checkpoint->agreed;

    if (checkpoint->voting == 0)
        return checkpoint->vote_by == MAHJONG_NOBODY && agreed == 0 &&
               checkpoint->consent == 0 && checkpoint->vote_deadline_ms == 0;
    if (checkpoint->voting != 1 || checkpoint->consent > 1 ||
        checkpoint->vote_deadline_ms < 0)
        return false;
    if (agreed >= BIT(checkpoint->seated) - 1)
        return false;
    return checkpoint->vote_by == MAHJONG_NOBODY ||
           (checkpoint->vote_by < checkpoint->seated &&
            (agreed & BIT(checkpoint->vote_by)));
}

static bool
is_state(const struct mahjong_checkpoint *checkpoint)
{
    unsigned seats = checkpoint->options.mode, all;

    if (checkpoint->seated < 1 || checkpoint->seated > seats)
        return false;
    all = BIT(checkpoint->seated) - 1;
    if ((checkpoint->ready | checkpoint->offline | checkpoint->trustee) & ~all)
        return false;
    if (checkpoint->round == 0)
        return checkpoint->banker == 0;
    return checkpoint->seated == seats &&
           checkpoint->round < checkpoint->rounds &&
           checkpoint->banker < seats;
}

enum mahjong_violation
checkpoint_restore(struct mahjong_desk *desk,
                   const struct mahjong_action *action)
{
    const struct mahjong_checkpoint *checkpoint = &action->checkpoint;

    if (desk->seats != 0)
        return MAHJONG_NOT_NOW;
    if (!mahjong_version_is_valid(action->version) ||
        !mahjong_options_are_valid(&checkpoint->options, checkpoint->rounds) ||
        !mahjong_times_are_valid(&checkpoint->times) ||
        !is_state(checkpoint) || !are_players(checkpoint) ||
        !is_vote(checkpoint))
        return MAHJONG_BAD_VALUE;
    round_clear(desk);
    desk->version = action->version;
    mahjong_set_options(desk, &checkpoint->options, checkpoint->rounds);
    desk->times = checkpoint->times;
    desk->status = checkpoint->round == 0 ? MAHJONG_CREATED : MAHJONG_CLEANED;
    desk->round = checkpoint->round;
    desk->banker = checkpoint->banker;
    desk->seated = checkpoint->seated;
    desk->ready = checkpoint->ready;
    desk->offline = checkpoint->offline;
    desk->trustee = checkpoint->trustee;
    desk->voting = checkpoint->voting;
    desk->vote_by = checkpoint->vote_by;
    desk->agreed = checkpoint->agreed;
    desk->consent = checkpoint->consent;
    desk->vote_deadline_ms = checkpoint->vote_deadline_ms;
    for (unsigned i = 0; i < desk->seated; i++) {
        desk->seat[i].uid = checkpoint->uid[i];
        desk->seat[i].score = checkpoint->score[i];
        desk->seat[i].stats = checkpoint->stats[i];
    }
    return MAHJONG_OK;
}
