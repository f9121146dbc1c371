#include "apps/proxy/target_texts.h"

namespace pith {
namespace {

/// Counts only where the length alone does not decide: a token holds at least one byte.
bool at_least(const EditableText& text, std::uint32_t tokens_min, const TokenCounter& reader) {
  if (text.text.size() < tokens_min) return false;
  return reader.count(text.text) >= tokens_min;
}

}  // namespace

bool is_target(const EditableText& text, const Config& config, const TokenCounter& reader) {
  if (text.prefill || text.text.size() < kRememberedBytesMin) return false;
  switch (text.kind) {
    case SegmentKind::kToolResult:
      return config.compress_tool_results && text.text.size() >= config.min_tokens;
    case SegmentKind::kDocument:
      return config.compress_documents && text.text.size() >= config.min_tokens;
    case SegmentKind::kPlain:
    case SegmentKind::kUserText:
      return config.compress_user && at_least(text, config.document_min_tokens, reader);
    case SegmentKind::kSystem:
      return config.compress_system && at_least(text, config.min_tokens, reader);
    case SegmentKind::kAssistant:
      return config.compress_assistant && at_least(text, config.min_tokens, reader);
  }
  return false;
}

}  // namespace pith
