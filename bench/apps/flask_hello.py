"""A small Flask application: one page from a template."""
from flask import Flask, render_template_string

app = Flask(__name__)


@app.get('/')
def hello():
    return render_template_string('<h1>Hello, {{ name }}</h1>', name='world')
