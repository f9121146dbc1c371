#include "apps/reader/decoder_reader.h"

#include <simdjson.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <fstream>
#include <optional>

#include "apps/reader/copy_hints.h"
#include "apps/reader/summary_prompt.h"
#include "stages/network/generate.h"

namespace pith {
namespace {

std::string settings_path(const std::string& folder) { return folder + "/summarizer.json"; }

constexpr std::int32_t kPromptMin = 32;

}  // namespace

Result<DecoderReaderSettings> read_decoder_reader_settings(const std::string& folder) {
  const std::string path = settings_path(folder);
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  std::uint64_t pieces = 0;
  if (parser.load(path).get(root) != simdjson::SUCCESS) {
    return Error{ErrorCode::kFileUnreadable, path + ": missing or not JSON"};
  }
  if (root["answer_pieces"].get(pieces) != simdjson::SUCCESS || pieces < 1 || pieces > 4096) {
    return Error{ErrorCode::kFileUnreadable, path + ": answer_pieces: not in 1..4096"};
  }
  std::uint64_t repeat = 0;
  if (const auto error = root["repeat_pieces"].get(repeat);
      (error != simdjson::SUCCESS && error != simdjson::NO_SUCH_FIELD) || repeat > 64) {
    return Error{ErrorCode::kFileUnreadable, path + ": repeat_pieces: not in 0..64"};
  }
  return DecoderReaderSettings{pieces, repeat};
}

Result<Done> write_decoder_reader_settings(const std::string& folder,
                                           const DecoderReaderSettings& settings) {
  const std::string path = settings_path(folder);
  const std::string text = "{\"answer_pieces\": " + std::to_string(settings.answer_pieces) +
                           ", \"repeat_pieces\": " + std::to_string(settings.repeat_pieces) + "}\n";
  if (!(std::ofstream(path, std::ios::binary) << text).flush()) {
    return Error{ErrorCode::kStorageFailed, path + ": cannot be written"};
  }
  return Done{};
}

Result<std::unique_ptr<DecoderReader>> DecoderReader::open(const std::string& folder) {
  const auto settings = read_decoder_reader_settings(folder);
  if (!settings) return settings.error();
  auto pieces = SummaryPieces::open(folder);
  if (!pieces) return pieces.error();
  auto decoder = Decoder::open(folder);
  if (!decoder) return decoder.error();
  const DecoderConfig& config = (*decoder)->config();
  if (config.vocab_size != (*pieces)->vocab_size()) {
    return Error{ErrorCode::kFileUnreadable,
                 folder + ": config.json: vocab_size is not that of sentencepiece.bpe.model and " +
                     "its marks"};
  }
  const auto answer = static_cast<std::int32_t>(settings->answer_pieces);
  if (config.max_positions < answer + kPromptMin) {
    return Error{ErrorCode::kFileUnreadable,
                 folder + ": config.json: max_position_embeddings leaves no room for a text"};
  }
  return std::make_unique<DecoderReader>(*std::move(decoder), *std::move(pieces), *settings);
}

DecoderReader::DecoderReader(std::shared_ptr<const Decoder> decoder,
                             std::shared_ptr<const SummaryPieces> pieces,
                             const DecoderReaderSettings& settings)
    : decoder_(std::move(decoder)), pieces_(std::move(pieces)), settings_(settings) {}

std::size_t DecoderReader::KeyHash::operator()(const AnswerKey& key) const {
  std::size_t hash = 0;
  std::memcpy(&hash, key.data(), sizeof hash);
  return hash;
}

Result<ReaderAnswer> DecoderReader::answer(const std::string& prompt) {
  return std::move(answers({&prompt, 1}).front());
}

std::vector<Result<ReaderAnswer>> DecoderReader::answers(std::span<const std::string> prompts) {
  const auto begin = std::chrono::steady_clock::now();
  std::vector<std::optional<Result<ReaderAnswer>>> found(prompts.size());
  std::vector<AnswerKey> keys(prompts.size());
  std::vector<SummaryQuery> queries;
  std::vector<std::size_t> asked;  // The prompt of each query.
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    keys[i] = answer_key("", prompts[i]);
    {
      const std::scoped_lock lock(mutex_);
      if (const auto known = cache_.find(keys[i]); known != cache_.end()) {
        found[i] = known->second;
        (*found[i])->cached = true;
        continue;
      }
    }
    const auto query = parse_summary_prompt(prompts[i]);
    if (!query) {
      found[i] = query.error();
      continue;
    }
    queries.push_back(*query);
    asked.push_back(i);
  }
  auto summaries = this->summaries(queries);
  const auto spent = std::chrono::duration_cast<std::chrono::microseconds>(
                         std::chrono::steady_clock::now() - begin)
                         .count();
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (!summaries) {
      found[asked[i]] = summaries.error();
      continue;
    }
    ReaderAnswer answer;
    answer.text = std::move((*summaries)[i]);
    // What went through the decoder together took equal shares.
    answer.latency_us = spent / static_cast<std::int64_t>(asked.size());
    const std::scoped_lock lock(mutex_);
    if (cache_.size() >= kCachedMax) cache_.clear();
    cache_.emplace(keys[asked[i]], answer);
    found[asked[i]] = std::move(answer);
  }
  std::vector<Result<ReaderAnswer>> out;
  for (auto& each : found) out.push_back(*std::move(each));
  return out;
}

Result<std::vector<std::string>> DecoderReader::summaries(
    std::span<const SummaryQuery> queries) const {
  const auto length_max =
      static_cast<std::size_t>(decoder_->config().max_positions) - settings_.answer_pieces;
  std::vector<SummaryPrompt> prompts;
  std::vector<CopyHints> hints;
  prompts.reserve(queries.size());  // Hints point into their prompts.
  for (const SummaryQuery& query : queries) {
    prompts.push_back(summary_prompt(*pieces_, query, length_max));
    hints.emplace_back(*pieces_, prompts.back().text());
  }
  std::vector<GenerateRequest> requests(queries.size());
  std::vector<CopyHint> memory;
  for (std::size_t i = 0; i < queries.size(); ++i) {
    requests[i].prompt = prompts[i].ids;
    requests[i].stop_ids = {SummaryPieces::kEnd};
    requests[i].tokens_max = settings_.answer_pieces;
    requests[i].adjust = [&, i](std::span<const std::int32_t> written, std::span<float> logits) {
      hints[i].next(written, memory);
      apply_hints(*pieces_, memory, logits);
      forbid_repeats(written, settings_.repeat_pieces, logits);
    };
  }
  thread_local DecoderMemory working;
  const auto generated = generate(*decoder_, requests, kSideBySide, working);
  if (!generated) return generated.error();
  std::vector<std::string> summaries;
  for (const Generated& each : *generated) summaries.push_back(pieces_->decode(each.ids));
  return summaries;
}

}  // namespace pith
