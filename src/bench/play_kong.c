/*
 * What kongs bring, and who has it in the end: 下雨 and 刮风 are paid at once,
 * 转雨 passes them on, and who does not wait at the end gives them back.  No
 * push tells the last two; they show in the result of the round.
 */
#include "bench/play_view.h"

/* From the payers to a seat, or back. */
static void
move(struct play_view *v, const struct view_kong *kong, unsigned payers,
     unsigned seat, int32_t each)
{
    int32_t *column = kong->added ? v->wind : v->rain;

    for (unsigned i = 0; i < MAHJONG_SEATS; i++) {
        if (!(payers & 1u << i))
            continue;
        column[i] -= each;
        column[seat] += each;
    }
}

void
view_kong_paid(struct play_view *v, unsigned payers, unsigned each)
{
    struct view_kong *kong = &v->kong_list[v->kongs];

    if (v->kongs == VIEW_KONGS) /* something was wrong before */
        return;
    *kong = (struct view_kong){.konger = v->rules.turn,
                               .payers = (uint8_t) payers,
                               .each = (uint8_t) each,
                               .added = v->kong == MAHJONG_ADDED_KONG};
    v->kong_made = ++v->kongs;
    move(v, kong, payers, kong->konger, kong->each);
}

/*
 * The discard after it was won on.  With the first winner the konger gives it
 * back; then whoever had paid pays each winner but himself.
 */
void
view_kong_passed_on(struct play_view *v, unsigned winner)
{
    struct view_kong *kong;

    if (v->kong_at_stake == 0)
        return;
    kong = &v->kong_list[v->kong_at_stake - 1];
    if (!kong->passed_on)
        move(v, kong, kong->payers, kong->konger, -kong->each);
    kong->passed_on = true;
    move(v, kong, kong->payers & ~(1u << winner), winner, kong->each);
}

void
view_kongs_end(struct play_view *v, unsigned waiting)
{
    if (view_playing(v) < 2)
        return;
    for (unsigned i = 0; i < v->kongs; i++) {
        const struct view_kong *kong = &v->kong_list[i];

        if (!kong->passed_on && !v->rules.player[kong->konger].won &&
            !(waiting & 1u << kong->konger))
            move(v, kong, kong->payers, kong->konger, -kong->each);
    }
}
