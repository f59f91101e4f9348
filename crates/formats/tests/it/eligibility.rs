//! オンライン資格確認 result, XML or JSON.
