// From a pruned model to the bytes of a *.ngram file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "messages/result.h"
#include "stages/score/ngram_format.h"
#include "stages/score/ngram_prune.h"

namespace pith::ngram {

/// The whole file, checksum included. name, smoothing and word_surprisal are taken from `header`,
/// all counts from `levels` and `sentencepiece`.
std::string to_file(Header header, std::string_view sentencepiece,
                    const std::vector<KeptLevel>& levels);

/// Writes beside `path` and renames, so that nobody maps half a file. Errors: kStorageFailed.
Result<Done> replace_file(const std::string& path, std::string_view bytes);

}  // namespace pith::ngram
