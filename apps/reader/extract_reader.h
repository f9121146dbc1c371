// A built-in reader of transcripts: answers with quotations, the runs of the text's own words that
// a summary most likely has.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "apps/reader/extract_model.h"
#include "apps/reader/reader.h"
#include "apps/reader/summary_query.h"

namespace pith {

/// Costs no request; const, lock-free. Without a text it says nothing.
class ExtractReader final : public Reader {
 public:
  /// A folder of `pith train extractor`. Errors: kFileUnreadable.
  static Result<std::unique_ptr<ExtractReader>> open(const std::string& folder);
  explicit ExtractReader(ExtractModel model) : model_(std::move(model)) {}

  Result<ReaderAnswer> answer(const std::string& prompt) override;
  /// On the caller's thread.
  std::string summary(const SummaryQuery& query) const;

 private:
  ExtractModel model_;
};

}  // namespace pith
