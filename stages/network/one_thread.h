// The matrix library's own threads, which Pith does not use.
#pragma once

namespace pith {

/// One thread for the products that the calling thread will do from now on: a chunk per thread
/// loses less than threads inside a product.
void use_one_thread();

}  // namespace pith
