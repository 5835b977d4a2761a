/* What players read of a desk: its number, rounds and options in words. */
#ifndef GAME_DESK_WORDS_H
#define GAME_DESK_WORDS_H

#include <stdint.h>

#include "core/str.h"
#include "game/mahjong/action.h"

struct arena;

/* In the arena: "自摸加番 3番封顶", the same with the options that are on, and
 * "房号: 123456 局数: 1/8". */
struct str desk_describe_short(struct arena *arena,
                               const struct mahjong_options *options);
struct str desk_describe(struct arena *arena,
                         const struct mahjong_options *options);
struct str desk_title(struct arena *arena, uint32_t number, unsigned round,
                      unsigned rounds);

/* The number of a desk as clients write it, six digits; 0: none has it. */
uint32_t desk_number_parse(struct str text);

#endif
