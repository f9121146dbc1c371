#include "tests/stages/llmlingua2/golden_row.h"

#include <gtest/gtest.h>

namespace pith {
namespace {

using simdjson::dom::element;

std::optional<element> member(element object, std::string_view key) {
  element value;
  if (object[key].get(value) != simdjson::SUCCESS || value.is_null()) return std::nullopt;
  return value;
}

std::string text(element value) {
  std::string_view out;
  EXPECT_EQ(value.get(out), simdjson::SUCCESS);
  return std::string(out);
}
double number(element value) {
  double out = 0;
  EXPECT_EQ(value.get(out), simdjson::SUCCESS);
  return out;
}
std::int64_t whole(element value) {
  std::int64_t out = 0;
  EXPECT_EQ(value.get(out), simdjson::SUCCESS);
  return out;
}

template <class T, class Read>
std::vector<T> list(element value, Read read) {
  std::vector<T> out;
  simdjson::dom::array values;
  EXPECT_EQ(value.get(values), simdjson::SUCCESS);
  for (const element one : values) out.push_back(static_cast<T>(read(one)));
  return out;
}
std::vector<std::string> texts(element value) { return list<std::string>(value, text); }

Llmlingua2Options options_of(element row) {
  Llmlingua2Options out;
  out.use_context_level_filter = text(row["api"]) == "compress_prompt";
  simdjson::dom::object options;
  EXPECT_EQ(row["options"].get(options), simdjson::SUCCESS);
  for (const auto [key, value] : options) {
    const auto flag = [&, v = value] { return bool(v); };
    if (key == "rate")
      out.rate = number(value);
    else if (key == "target_token")
      out.target_token = number(value);
    else if (key == "use_context_level_filter")
      out.use_context_level_filter = flag();
    else if (key == "use_token_level_filter")
      out.use_token_level_filter = flag();
    else if (key == "target_context")
      out.target_context = number(value);
    else if (key == "context_level_rate")
      out.context_level_rate = number(value);
    else if (key == "context_level_target_token")
      out.context_level_target_token = number(value);
    else if (key == "force_context_ids")
      out.force_context_ids = list<std::int64_t>(value, whole);
    else if (key == "return_word_label")
      out.return_word_label = flag();
    else if (key == "word_sep")
      out.word_sep = text(value);
    else if (key == "label_sep")
      out.label_sep = text(value);
    else if (key == "token_to_word")
      out.token_to_word = text(value);
    else if (key == "force_tokens")
      out.force_tokens = texts(value);
    else if (key == "force_reserve_digit")
      out.force_reserve_digit = flag();
    else if (key == "drop_consecutive")
      out.drop_consecutive = flag();
    else if (key == "chunk_end_tokens")
      out.chunk_end_tokens = texts(value);
    else
      EXPECT_TRUE(key == "instruction" || key == "question") << key;
  }
  return out;
}

GoldenChunk chunk_of(element value) {
  GoldenChunk out;
  out.ids = list<std::int32_t>(value["ids"], whole);
  out.pieces = texts(value["pieces"]);
  out.probs = list<float>(value["probs"], number);
  out.words = texts(value["words"]);
  if (const auto probs = member(value, "word_probs")) out.word_probs = list<double>(*probs, number);
  if (const auto q = member(value, "q")) out.q = static_cast<int>(whole(*q));
  if (const auto at = member(value, "threshold")) out.threshold = number(*at);
  if (const auto n = member(value, "n_weighted")) {
    out.n_weighted = static_cast<std::uint64_t>(whole(*n));
  }
  if (const auto q = member(value, "drop_q")) out.drop_q = static_cast<int>(whole(*q));
  if (const auto at = member(value, "drop_threshold")) out.drop_threshold = number(*at);
  if (const auto labels = member(value, "labels")) out.labels = text(*labels);
  if (const auto keep = member(value, "keep")) out.keep = text(*keep);
  out.context_pass = member(value, "pass").has_value();
  return out;
}

Llmlingua2Result result_of(element value) {
  Llmlingua2Result out;
  out.compressed_prompt = text(value["compressed_prompt"]);
  out.compressed_prompt_list = texts(value["compressed_prompt_list"]);
  out.origin_tokens = static_cast<std::uint64_t>(whole(value["origin_tokens"]));
  out.compressed_tokens = static_cast<std::uint64_t>(whole(value["compressed_tokens"]));
  out.ratio = text(value["ratio"]);
  out.rate = text(value["rate"]);
  out.saving = text(value["saving"]);
  if (const auto labels = member(value, "fn_labeled_original_prompt")) {
    out.fn_labeled_original_prompt = text(*labels);
  }
  return out;
}

GoldenRow row_of(element row) {
  GoldenRow out;
  out.id = text(row["id"]);
  out.model = text(row["model"]);
  if (row["context"].is_string()) {
    out.contexts = {text(row["context"])};
  } else {
    out.contexts = texts(row["context"]);
  }
  out.options = options_of(row);
  out.fragile = member(row, "fragile").has_value();
  const element fast = row["fast"];
  if (const auto error = member(fast, "error")) {
    out.error = text(*error);
  } else {
    out.result = result_of(fast["result"]);
  }
  simdjson::dom::array contexts;
  EXPECT_EQ(fast["chunk_texts"].get(contexts), simdjson::SUCCESS);
  for (const element context : contexts) out.chunk_texts.push_back(texts(context));
  out.chunks = list<GoldenChunk>(fast["chunks"], chunk_of);
  if (const auto scores = member(fast, "context_probs")) {
    out.context_scores = list<double>(*scores, number);
  }
  if (const auto at = member(fast, "context_percentile")) {
    out.context_q = static_cast<int>(whole((*at)["q"]));
    out.context_threshold = number((*at)["threshold"]);
  }
  return out;
}

void expect_near(const std::vector<double>& got, const std::vector<double>& wanted, double limit,
                 const std::string& what) {
  ASSERT_EQ(got.size(), wanted.size()) << what;
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], wanted[i], limit) << what << i;
}

void expect_chunk(const GoldenChunk& wanted, const ChunkTrace& got,
                  const GoldenTolerance& tolerance) {
  EXPECT_EQ(got.scored.ids, wanted.ids);
  EXPECT_EQ(got.scored.pieces, wanted.pieces);
  expect_near({got.scored.probs.begin(), got.scored.probs.end()},
              {wanted.probs.begin(), wanted.probs.end()}, tolerance.prob, "probs ");
  EXPECT_EQ(got.words.words, wanted.words);
  if (!tolerance.strings) return;
  expect_near(got.words.probs, wanted.word_probs, tolerance.prob, "word_probs ");
  ASSERT_TRUE(got.selection.threshold);
  EXPECT_EQ(got.selection.threshold->q, wanted.q);
  EXPECT_NEAR(got.selection.threshold->value, wanted.threshold, tolerance.prob);
  EXPECT_EQ(got.selection.threshold->count, wanted.n_weighted);
  ASSERT_EQ(got.selection.drop_threshold.has_value(), wanted.drop_q.has_value());
  if (wanted.drop_q) {
    EXPECT_EQ(got.selection.drop_threshold->q, wanted.drop_q);
    EXPECT_NEAR(got.selection.drop_threshold->value, wanted.drop_threshold, tolerance.prob);
  }
  std::string labels;
  for (const bool kept : got.selection.kept) labels += kept ? '1' : '0';
  EXPECT_EQ(labels, wanted.labels);
  EXPECT_EQ(got.keep, wanted.keep);
}

}  // namespace

std::vector<GoldenRow> golden_rows(const std::string& path) {
  std::vector<GoldenRow> rows;
  simdjson::dom::parser parser;
  simdjson::dom::document_stream lines;
  EXPECT_EQ(parser.load_many(path, std::size_t{4} << 20U).get(lines), simdjson::SUCCESS) << path;
  for (const auto line : lines) {
    element row;
    EXPECT_EQ(line.get(row), simdjson::SUCCESS);
    rows.push_back(row_of(row));
  }
  return rows;
}

void RecordedNetwork::play(const GoldenRow& row) {
  probs_.clear();
  for (const GoldenChunk& chunk : row.chunks) probs_[chunk.ids] = chunk.probs;
}

Result<std::vector<float>> RecordedNetwork::operator()(std::span<const std::int32_t> ids,
                                                       const std::vector<bool>& active) const {
  std::vector<std::int32_t> seen;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (active[i]) seen.push_back(ids[i]);
  }
  const auto found = probs_.find(seen);
  if (found == probs_.end()) return Error{ErrorCode::kInternal, "the reference had no such chunk"};
  return found->second;
}

void expect_golden(const GoldenRow& row, const Llmlingua2Result& result,
                   const Llmlingua2Trace& trace, const GoldenTolerance& tolerance) {
  SCOPED_TRACE(row.id + " " + row.model);
  EXPECT_EQ(trace.chunk_texts, row.chunk_texts);
  expect_near(trace.context_scores, row.context_scores, tolerance.prob, "context_probs ");
  if (row.context_q) {
    ASSERT_TRUE(trace.context_threshold);
    EXPECT_EQ(trace.context_threshold->q, row.context_q);
    EXPECT_NEAR(trace.context_threshold->value, row.context_threshold, tolerance.prob);
  }
  std::vector<const GoldenChunk*> chunks;
  for (const GoldenChunk& chunk : row.chunks) {
    if (!chunk.context_pass) chunks.push_back(&chunk);
  }
  ASSERT_EQ(trace.chunks.size(), chunks.size());
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    SCOPED_TRACE("chunk " + std::to_string(i));
    expect_chunk(*chunks[i], trace.chunks[i], tolerance);
  }
  EXPECT_EQ(result.origin_tokens, row.result.origin_tokens);
  if (!tolerance.strings) return;
  EXPECT_EQ(result.compressed_prompt, row.result.compressed_prompt);
  EXPECT_EQ(result.compressed_prompt_list, row.result.compressed_prompt_list);
  EXPECT_EQ(result.compressed_tokens, row.result.compressed_tokens);
  EXPECT_EQ(result.ratio, row.result.ratio);
  EXPECT_EQ(result.rate, row.result.rate);
  EXPECT_EQ(result.saving, row.result.saving);
  EXPECT_EQ(result.fn_labeled_original_prompt, row.result.fn_labeled_original_prompt);
}

}  // namespace pith
