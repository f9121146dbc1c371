// The JSON form of a compression, shared by `pith compress --json` and `--jsonl`, the NDJSON socket
// and POST /pith/v1/compress.
#pragma once

#include <string>
#include <string_view>

#include "messages/compress.h"
#include "messages/result.h"

namespace pith {

/// One compression as JSON asked for it.
struct CompressCall {
  CompressRequest request;
  bool list = false;  ///< "context" was a list: the answer has one entry per text.
  std::string
      id;  ///< The caller's "id" as JSON text ("7", "\"a\""); empty: none. Echoed in the answer.
};

/// Reads {"id"?, "context": string or list of strings, "options"?: {...}}. Options: one of rate,
/// target_tokens and threshold; query, force_tokens (string or list), protect (list of class names,
/// in place of the default), tokenizer, policy, min_tokens, min_gain, structure, prose,
/// repeat_markers. Other fields, there or beside them, are errors, so that a misspelt or misplaced
/// one is noticed; one that is null counts as absent. `request.id` is left for the caller to fill.
/// `id`, when given, receives the caller's id even if the rest is wrong. Errors: kInvalidArgument,
/// naming the field and never quoting the text.
Result<CompressCall> parse_compress_json(std::string_view json, std::string* id = nullptr);

/// {"id"?, "compressed_prompt", "origin_tokens", "compressed_tokens", "achieved_rate", "kept",
/// "policy", "notes"} on one line without a line end. A list of contexts: compressed_prompt is the
/// texts joined by an empty line, "compressed_prompt_list" has them apart, "kept" is a list of span
/// lists, and notes name their context ("[2] ..."). `reply` belongs to call.request (same number of
/// segments, spans inside the texts).
std::string compress_answer_json(const CompressCall& call, const CompressReply& reply);
std::string compress_answer_json(const CompressRequest& request, const CompressReply& reply);

/// {"id"?, "error": {"code": "invalid_argument", "message": ...}} on one line without a line end.
std::string error_json(const Error& error, std::string_view id = {});

}  // namespace pith
