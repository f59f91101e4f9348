//! JAHIS 院外処方箋2次元シンボル: the text of the code.
