/*
 * The bodies of the pushes and answers of desks, as clients know them, and
 * the tables of their fields.
 */
#ifndef GAME_DESK_FIELDS_H
#define GAME_DESK_FIELDS_H

#include "game/fields.h"

struct table_info {
    struct str desk_id; /* six digits */
    int64_t created_at; /* unix seconds */
    int64_t creator;
    struct str title;
    struct str desc;
    int status;
    int round;
    int mode;
};
extern const struct fields table_info_fields;

/* CreateDesk and Join. */
struct table_response {
    int code;
    struct str error;
    struct table_info table_info;
};
extern const struct fields table_response_fields;

struct coin_change {
    int64_t coin;
};
extern const struct fields coin_change_fields;

struct empty {
    int nothing;
};
extern const struct fields empty_fields;

/* ---- who sits there ---- */

struct player_enter {
    int desk_pos; /* from 0 */
    int64_t ac_id;
    struct str nickname;
    bool is_ready;
    int sex;
    bool is_exit;
    struct str head_url;
    int score;
    struct str ip;
    bool offline;
};
extern const struct fields player_enter_fields;

struct players_enter {
    FIELDS_LIST(player_enter) data;
};
extern const struct fields players_enter_fields;

struct player_exit {
    int64_t acid;
    bool isexit;
    int exit_type;
    int desk_pos; /* from 0 */
};
extern const struct fields player_exit_fields;

struct offline_status {
    int64_t uid;
    bool offline;
};
extern const struct fields offline_status_fields;

struct trustee {
    int64_t uid;
    bool on;
};
extern const struct fields trustee_fields;

struct basic_info {
    struct str desk_id;
    struct str title;
    struct str desc;
    int mode;
};
extern const struct fields basic_info_fields;

/* ---- the round ---- */

struct account_info {
    int64_t ac_id;
    struct int_list mjs;
};
extern const struct fields account_info_fields;

struct duan_pai {
    int64_t marker_id;
    int dice1, dice2;
    FIELDS_LIST(account_info) accounts;
};
extern const struct fields duan_pai_fields;

struct que_hint {
    int que;
};
extern const struct fields que_hint_fields;

struct que_choice {
    int64_t uid;
    int que;
};
extern const struct fields que_choice_fields;

struct mo_pai {
    int64_t ac_id;
    struct int_list mjids;
};
extern const struct fields mo_pai_fields;

struct op_hint {
    int op;
    struct int_list mjidxs; /* null without tiles */
};
extern const struct fields op_hint_fields;

struct ting_hint {
    int index;
    struct int_list hu;
};
extern const struct fields ting_hint_fields;

struct op_type_hint {
    FIELDS_LIST(op_hint) ops;
    FIELDS_LIST(ting_hint) tings;
    int64_t uid;
    int64_t hint; /* its number */
};
extern const struct fields op_type_hint_fields;

struct op_type_do {
    struct int64_list uid;
    int optype;
    int hutype;
    struct int_list mjs;
};
extern const struct fields op_type_do_fields;

struct score_change {
    int64_t ac_id;
    int score;
};
extern const struct fields score_change_fields;

struct gang_score {
    bool is_xia_yu;
    FIELDS_LIST(score_change) changes;
};
extern const struct fields gang_score_fields;

struct hu_score {
    int64_t ac_id;
    int hu_pai_type;
    FIELDS_LIST(score_change) score_change;
    int total_win_score;
};
extern const struct fields hu_score_fields;

/* ---- results ---- */

struct round_tiles {
    int64_t ac_id;
    struct int_list shou_pai;
    int hu_pai; /* -1 */
    bool is_ting;
};
extern const struct fields round_tiles_fields;

struct round_stats {
    int fanshu;
    int feng;
    int yu;
    int total;
    int banner_type;
    struct str desc;
};
extern const struct fields round_stats_fields;

struct round_score {
    int64_t ac_id;
    int score;
    int remain;
};
extern const struct fields round_score_fields;

struct round_end {
    struct str title;
    struct str round;
    FIELDS_LIST(round_tiles) tiles;
    FIELDS_LIST(round_stats) stats;
    FIELDS_LIST(round_score) score_change;
};
extern const struct fields round_end_fields;

struct match_stats {
    int zi_mo, hu, pao, an_gang, ming_gang;
    int total_score;
    int64_t uid;
    struct str account;
    bool is_pao_wang;
    bool is_big_winner;
    bool is_creator;
};
extern const struct fields match_stats_fields;

struct game_end {
    struct round_end round_stats;
    FIELDS_LIST(match_stats) stats;
    struct str title;
    bool is_normal_finished;
};
extern const struct fields game_end_fields;

/* ---- coming back ---- */

struct sync_player {
    int64_t ac_id;
    struct int_list shou_pai_ids;
    struct int_list chu_pai_ids;
    struct int_list gang_infos;
    int last_tile;
    bool is_hu;
    int hu_pai;
    int hu_type;
    int que;
    int score;
};
extern const struct fields sync_player_fields;

struct sync_desk {
    int status;
    FIELDS_LIST(sync_player) players;
    FIELDS_LIST(score_change) score_info;
    int64_t marker_ac_id;
    int64_t last_mo_pai_ac_id;
    int rest_cnt;
    int dice1, dice2;
    struct op_type_hint *hint; /* null */
    int last_chu_pai_id;
    int64_t last_chu_pai_uid;
};
extern const struct fields sync_desk_fields;

/* ---- votes ---- */

struct vote_status {
    int desk_pos; /* from 1 */
    struct str status;
};
extern const struct fields vote_status_fields;

struct dissolve_agreement {
    int64_t dissolve_uid;
    FIELDS_LIST(vote_status) dissolve_status;
    int rest_time; /* seconds */
};
extern const struct fields dissolve_agreement_fields;

struct dissolve_status {
    FIELDS_LIST(vote_status) dissolve_status;
    int rest_time;
};
extern const struct fields dissolve_status_fields;

struct dissolve_failure {
    int desk_pos; /* from 1 */
};
extern const struct fields dissolve_failure_fields;

struct recording_voice {
    int64_t uid;
    struct str file_id;
};
extern const struct fields recording_voice_fields;

#endif
