"""The office's own plan: its stock, its forecasts and its vendors' offers become what is proposed to be bought."""
