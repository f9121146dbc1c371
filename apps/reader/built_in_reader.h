// Readers that Pith trained itself, by their folders.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "apps/reader/reader.h"

namespace pith {

/// What a folder's reader can be asked.
enum class BuiltInKind : std::uint8_t {
  kQuestions = 1,  ///< SpanReader.
  kSummaries = 2,  ///< DecoderReader: of code and transcripts; ExtractReader.
};

struct BuiltInReader {
  BuiltInKind kind = BuiltInKind::kQuestions;
  std::unique_ptr<Reader> reader;
};

/// A folder of `pith train reader`, `pith train summarizer` or `pith train extractor`.
/// Errors: kFileUnreadable.
Result<BuiltInReader> open_built_in_reader(const std::string& folder);
/// The file of its weights.
std::string built_in_weights(const std::string& folder);

}  // namespace pith
