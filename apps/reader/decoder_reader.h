// A built-in reader that says what code or a transcript is about: a small decoder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "apps/reader/answer_cache.h"
#include "apps/reader/reader.h"
#include "apps/reader/summary_pieces.h"
#include "apps/reader/summary_query.h"
#include "stages/network/decoder.h"

namespace pith {

/// What a folder says beside the decoder's own files.
struct DecoderReaderSettings {
  std::size_t answer_pieces = 64;  ///< At most.
  /// So many pieces in a row come once in a summary (Paulus et al. 2017); 0: as the decoder likes.
  /// Greedy small decoders else repeat themselves to the end.
  std::size_t repeat_pieces = 0;
};
/// summarizer.json in `folder`. Errors: kFileUnreadable, kStorageFailed.
Result<DecoderReaderSettings> read_decoder_reader_settings(const std::string& folder);
Result<Done> write_decoder_reader_settings(const std::string& folder,
                                           const DecoderReaderSettings& settings);

/// Greedy: the same prompt gets the same answer, alone or beside others. Costs no request; keeps
/// its answers by prompt. Thread-safe.
class DecoderReader final : public Reader {
 public:
  /// A folder of `pith train summarizer`. Errors: kFileUnreadable.
  static Result<std::unique_ptr<DecoderReader>> open(const std::string& folder);
  DecoderReader(std::shared_ptr<const Decoder> decoder, std::shared_ptr<const SummaryPieces> pieces,
                const DecoderReaderSettings& settings);

  Result<ReaderAnswer> answer(const std::string& prompt) override;
  std::vector<Result<ReaderAnswer>> answers(std::span<const std::string> prompts) override;
  std::size_t prompts_at_once() const override { return kSideBySide; }

  /// On the caller's thread, several through the decoder at once. Errors: as generate.
  Result<std::vector<std::string>> summaries(std::span<const SummaryQuery> queries) const;

 private:
  static constexpr std::size_t kSideBySide = 16;
  static constexpr std::size_t kCachedMax = std::size_t{1} << 18U;  ///< Then it begins anew.
  struct KeyHash {
    std::size_t operator()(const AnswerKey& key) const;
  };

  std::shared_ptr<const Decoder> decoder_;
  std::shared_ptr<const SummaryPieces> pieces_;
  DecoderReaderSettings settings_;
  std::mutex mutex_;
  std::unordered_map<AnswerKey, ReaderAnswer, KeyHash> cache_;
};

}  // namespace pith
