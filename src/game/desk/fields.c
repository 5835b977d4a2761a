#include "game/desk/fields.h"

FIELDS(table_info, FIELD_NAMED(table_info, desk_id, "deskId"),
       FIELD_NAMED(table_info, created_at, "createdAt"),
       FIELD(table_info, creator), FIELD(table_info, title),
       FIELD(table_info, desc), FIELD(table_info, status),
       FIELD(table_info, round), FIELD(table_info, mode));

FIELDS(table_response, FIELD(table_response, code),
       FIELD(table_response, error),
       FIELD_OBJECT(table_response, table_info, "tableInfo", table_info));

FIELDS(coin_change, FIELD(coin_change, coin));

const struct fields empty_fields = {"empty", sizeof(struct empty), NULL, 0};

FIELDS(player_enter, FIELD_NAMED(player_enter, desk_pos, "deskPos"),
       FIELD_NAMED(player_enter, ac_id, "acId"), FIELD(player_enter, nickname),
       FIELD_NAMED(player_enter, is_ready, "isReady"),
       FIELD(player_enter, sex), FIELD_NAMED(player_enter, is_exit, "isExit"),
       FIELD_NAMED(player_enter, head_url, "headURL"),
       FIELD(player_enter, score), FIELD(player_enter, ip),
       FIELD(player_enter, offline));

FIELDS(players_enter,
       FIELD_OBJECTS(players_enter, data, "data", player_enter));

FIELDS(player_exit, FIELD(player_exit, acid), FIELD(player_exit, isexit),
       FIELD_NAMED(player_exit, exit_type, "exitType"),
       FIELD_NAMED(player_exit, desk_pos, "deskPos"));

FIELDS(offline_status, FIELD(offline_status, uid),
       FIELD(offline_status, offline));

FIELDS(trustee, FIELD(trustee, uid), FIELD(trustee, on));

FIELDS(basic_info, FIELD_NAMED(basic_info, desk_id, "deskId"),
       FIELD(basic_info, title), FIELD(basic_info, desc),
       FIELD(basic_info, mode));

FIELDS(account_info, FIELD_NAMED(account_info, ac_id, "acId"),
       FIELD(account_info, mjs));

FIELDS(duan_pai, FIELD_NAMED(duan_pai, marker_id, "markerId"),
       FIELD(duan_pai, dice1), FIELD(duan_pai, dice2),
       FIELD_OBJECTS(duan_pai, accounts, "accountInfo", account_info));

FIELDS(que_hint, FIELD(que_hint, que));

FIELDS(que_choice, FIELD(que_choice, uid), FIELD(que_choice, que));

FIELDS(mo_pai, FIELD_NAMED(mo_pai, ac_id, "acId"), FIELD(mo_pai, mjids));

FIELDS(op_hint, FIELD(op_hint, op),
       FIELD_FLAGS(op_hint, mjidxs, "mjidxs", FIELD_NULLABLE));

FIELDS(ting_hint, FIELD(ting_hint, index), FIELD(ting_hint, hu));

FIELDS(op_type_hint, FIELD_OBJECTS(op_type_hint, ops, "ops", op_hint),
       FIELD_OBJECTS(op_type_hint, tings, "tings", ting_hint),
       FIELD(op_type_hint, uid), FIELD(op_type_hint, hint));

FIELDS(op_type_do, FIELD(op_type_do, uid), FIELD(op_type_do, optype),
       FIELD(op_type_do, hutype), FIELD(op_type_do, mjs));

FIELDS(score_change, FIELD_NAMED(score_change, ac_id, "acId"),
       FIELD(score_change, score));

FIELDS(gang_score, FIELD_NAMED(gang_score, is_xia_yu, "isXiaYu"),
       FIELD_OBJECTS(gang_score, changes, "changes", score_change));

FIELDS(hu_score, FIELD_NAMED(hu_score, ac_id, "acId"),
       FIELD_NAMED(hu_score, hu_pai_type, "huPaiType"),
       FIELD_OBJECTS(hu_score, score_change, "scoreChange", score_change),
       FIELD_NAMED(hu_score, total_win_score, "totalWinScore"));

FIELDS(round_tiles, FIELD_NAMED(round_tiles, ac_id, "acId"),
       FIELD_NAMED(round_tiles, shou_pai, "shouPai"),
       FIELD_NAMED(round_tiles, hu_pai, "huPai"),
       FIELD_NAMED(round_tiles, is_ting, "isTing"));

FIELDS(round_stats, FIELD(round_stats, fanshu), FIELD(round_stats, feng),
       FIELD(round_stats, yu), FIELD(round_stats, total),
       FIELD_NAMED(round_stats, banner_type, "bannerType"),
       FIELD(round_stats, desc));

FIELDS(round_score, FIELD_NAMED(round_score, ac_id, "acId"),
       FIELD(round_score, score), FIELD(round_score, remain));

FIELDS(round_end, FIELD(round_end, title), FIELD(round_end, round),
       FIELD_OBJECTS(round_end, tiles, "tiles", round_tiles),
       FIELD_OBJECTS(round_end, stats, "stats", round_stats),
       FIELD_OBJECTS(round_end, score_change, "scoreChange", round_score));

FIELDS(match_stats, FIELD_NAMED(match_stats, zi_mo, "ziMo"),
       FIELD(match_stats, hu), FIELD(match_stats, pao),
       FIELD_NAMED(match_stats, an_gang, "anGang"),
       FIELD_NAMED(match_stats, ming_gang, "mingGang"),
       FIELD_NAMED(match_stats, total_score, "totalScore"),
       FIELD(match_stats, uid), FIELD(match_stats, account),
       FIELD_NAMED(match_stats, is_pao_wang, "isPaoWang"),
       FIELD_NAMED(match_stats, is_big_winner, "isBigWinner"),
       FIELD_NAMED(match_stats, is_creator, "isCreator"));

FIELDS(game_end, FIELD_OBJECT(game_end, round_stats, "roundStats", round_end),
       FIELD_OBJECTS(game_end, stats, "stats", match_stats),
       FIELD(game_end, title),
       FIELD_NAMED(game_end, is_normal_finished, "isNormalFinished"));

FIELDS(sync_player, FIELD_NAMED(sync_player, ac_id, "acId"),
       FIELD_NAMED(sync_player, shou_pai_ids, "shouPaiIds"),
       FIELD_NAMED(sync_player, chu_pai_ids, "chuPaiIds"),
       FIELD_NAMED(sync_player, gang_infos, "gangInfos"),
       FIELD_NAMED(sync_player, last_tile, "lastTile"),
       FIELD_NAMED(sync_player, is_hu, "isHu"),
       FIELD_NAMED(sync_player, hu_pai, "huPai"),
       FIELD_NAMED(sync_player, hu_type, "huType"), FIELD(sync_player, que),
       FIELD(sync_player, score));

FIELDS(sync_desk, FIELD(sync_desk, status),
       FIELD_OBJECTS(sync_desk, players, "players", sync_player),
       FIELD_OBJECTS(sync_desk, score_info, "scoreInfo", score_change),
       FIELD_NAMED(sync_desk, marker_ac_id, "markerAcId"),
       FIELD_NAMED(sync_desk, last_mo_pai_ac_id, "lastMoPaiAcId"),
       FIELD_NAMED(sync_desk, rest_cnt, "restCnt"), FIELD(sync_desk, dice1),
       FIELD(sync_desk, dice2),
       FIELD_POINTER(sync_desk, hint, "hint", op_type_hint),
       FIELD_NAMED(sync_desk, last_chu_pai_id, "lastChuPaiId"),
       FIELD_NAMED(sync_desk, last_chu_pai_uid, "lastChuPaiUid"));

FIELDS(vote_status, FIELD_NAMED(vote_status, desk_pos, "deskPos"),
       FIELD(vote_status, status));

FIELDS(dissolve_agreement,
       FIELD_NAMED(dissolve_agreement, dissolve_uid, "dissolveUid"),
       FIELD_OBJECTS(dissolve_agreement, dissolve_status, "dissolveStatus",
                     vote_status),
       FIELD_NAMED(dissolve_agreement, rest_time, "restTime"));

FIELDS(dissolve_status,
       FIELD_OBJECTS(dissolve_status, dissolve_status, "dissolveStatus",
                     vote_status),
       FIELD_NAMED(dissolve_status, rest_time, "restTime"));

FIELDS(dissolve_failure, FIELD_NAMED(dissolve_failure, desk_pos, "deskPos"));

FIELDS(recording_voice, FIELD(recording_voice, uid),
       FIELD_NAMED(recording_voice, file_id, "fileId"));
