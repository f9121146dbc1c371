// Whatever bytes the memo's file holds: an error, or a form that writes and reads back as itself.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "apps/memo/sent_form.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const pith::Result<pith::SentForm> form = pith::decode_sent_form(std::span(data, size));
  if (!form) return 0;
  if (!pith::spans_valid(form->kept, 0xFFFFFFFF)) std::abort();
  const pith::Result<pith::SentForm> again = pith::decode_sent_form(pith::encode(*form));
  if (!again || !(*again == *form)) std::abort();
  return 0;
}
