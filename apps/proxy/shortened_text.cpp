#include "apps/proxy/shortened_text.h"

namespace pith {

std::string shortened_text(const SegmentReply& reply, std::string_view text) {
  const bool fits = !reply.transforms.empty() && !reply.kept.empty() &&
                    spans_valid(reply.kept, text.size()) && spans_on_characters(text, reply.kept);
  if (!fits) return {};
  std::string sent = apply_spans(text, reply.kept, reply.markers);
  const bool blank = sent.find_first_not_of(" \t\r\n") == std::string::npos;
  if (blank || sent.size() >= text.size()) return {};
  return sent;
}

}  // namespace pith
