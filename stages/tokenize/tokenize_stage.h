// Stage: text to regions, words and pieces.
#pragma once

#include <memory>

#include "messages/compress.h"
#include "messages/result.h"
#include "stages/tokenize/tokenized_prompt.h"

namespace pith {

/// Thread-safe; const after construction. Never throws, never logs.
class TokenizeStage {
 public:
  /// `models_dir` holds the *.ranks.zst files of the reader tokenizers.
  explicit TokenizeStage(std::string models_dir);

  /// `tokenizer` is the one of the policy that will score.
  /// Errors: kInvalidArgument (unknown reader, dial out of range).
  Result<TokenizedPrompt> operator()(std::shared_ptr<const CompressRequest> request,
                                     const Tokenizer& tokenizer) const;

 private:
  std::string models_dir_;
};

}  // namespace pith
