// Boost.JSON is used header-only; this is its one definition.
#include <boost/json/src.hpp>
